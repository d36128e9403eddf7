import './line/tensorflow.js';
import { rehearseAll } from './rehearse.test.helper.js';

rehearseAll(['clova2021', 'xin2022', 'dcase2024']);

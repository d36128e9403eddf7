import './line/tensorflow.js';
import { rehearseAll } from './rehearse.test.helper.js';

rehearseAll(['shim2022']);
